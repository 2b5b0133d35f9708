-- The whole removal of some members, as one statement.
with target as (
  select id, user_id from membership
  where organization_id = 'org_1' and user_id = any(%(users)s) and deleted_at is null order by id for update),
numbered as (
  select id, user_id, nextval(pg_get_serial_sequence('removal', 'id')) removal_id from target),
roles as (delete from role_assignment using target where membership_id = target.id returning membership_id, role_id),
departments as (
  delete from department_membership using target where membership_id = target.id returning membership_id, department_id),
moved as (
  update resource set owner_id = null, department_id = 'dept_1', removal_id = numbered.removal_id
  from numbered where organization_id = 'org_1' and owner_id = numbered.user_id returning numbered.id membership_id),
left_ as (update membership set deleted_at = now() from target where membership.id = target.id),
recorded as (insert into removal(
  id, organization_id, membership_id, transferred_to_id, roles, departments, resource_count)
overriding system value
select n.removal_id, 'org_1', n.id, 'dept_1', r.ids, d.ids, coalesce(m.n, 0)
from numbered n
left join (select membership_id, jsonb_agg(role_id) ids from roles group by 1) r on r.membership_id = n.id
left join (select membership_id, jsonb_agg(department_id) ids from departments group by 1) d on d.membership_id = n.id
left join (select membership_id, count(*) n from moved group by 1) m on m.membership_id = n.id)
insert into event(type, organization_id, user_id, data)
select 'member.removed', 'org_1', user_id, jsonb_build_object('removal_id', removal_id) from numbered
