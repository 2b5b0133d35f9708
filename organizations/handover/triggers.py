"""Triggers for the invariants of tasks that no constraint can state."""

import pgtrigger

from config.triggers import BeforeRow

# The restoration has locked the tasks: a change that waited for it finds it here.
task_is_changed = BeforeRow(
    name="stays_once_its_removal_is_undone",
    operation=pgtrigger.Update,
    # An erasure empties the note of any task.
    condition=pgtrigger.Condition(
        "NEW.note NOT IN (OLD.note, '') OR (NEW.state, NEW.count, NEW.closed_at)"
        " IS DISTINCT FROM (OLD.state, OLD.count, OLD.closed_at)"
    ),
    func="""
        IF EXISTS (SELECT FROM organizations_restoration WHERE removal_id = NEW.removal_id) THEN
            RAISE EXCEPTION 'no task of a removal that was undone changes any more'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)

tasks_are_cancelled = BeforeRow(
    name="its_tasks_are_cancelled",
    operation=pgtrigger.Insert,
    func="""
        IF EXISTS (
            SELECT FROM organizations_offboardingtask
            WHERE removal_id = NEW.removal_id AND state IN ('open', 'failed')
        ) THEN
            RAISE EXCEPTION 'a restoration cancels the open and failed tasks of its removal'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)
