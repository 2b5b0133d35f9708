-- Deletes those of these events that are older than events are kept, and returns the last
-- position that lost its event. Events that are still to be delivered stay, and so do those of a
-- followed log without a position: its readers have not read them yet.
WITH deleted AS (
    DELETE FROM organizations_event AS event
    WHERE event.id = ANY (%(event_ids)s)
        AND event.created_at < %(kept_from)s
        AND NOT EXISTS (
            SELECT FROM organizations_membership AS membership
            WHERE membership.organization_id = event.organization_id
                AND membership.user_id = event.user_id AND membership.deleted_at IS NULL
        )
        AND NOT EXISTS (
            SELECT FROM organizations_webhookdelivery AS delivery WHERE delivery.event_id = event.id
        )
        AND (
            NOT %(is_followed)s
            OR EXISTS (SELECT FROM organizations_eventposition WHERE event_id = event.id)
        )
    RETURNING event.id
)
SELECT count(*), max((SELECT position FROM organizations_eventposition WHERE event_id = deleted.id))
FROM deleted
