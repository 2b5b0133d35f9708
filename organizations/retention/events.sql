-- Deletes those of these events that are older than events are kept, and answers with the last
-- position that lost its event. An event that is still to be delivered stays, and so does one of a
-- followed log that has no position yet: its readers are still to be given it.
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
