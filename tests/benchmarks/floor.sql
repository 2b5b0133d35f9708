-- The tables of the floor, and {members} members in them.
create table organization(id text collate "C" primary key);
create table account(id text collate "C" primary key);
create table department(id text collate "C" primary key,
  organization_id text collate "C" not null references organization, unique (organization_id, id));
create table role(id text collate "C" primary key,
  organization_id text collate "C" not null references organization, unique (organization_id, id));
create table membership(id bigint generated always as identity primary key,
  organization_id text collate "C" not null references organization,
  user_id text collate "C" not null references account, deleted_at timestamptz,
  is_current boolean generated always as (deleted_at is null) stored, unique (organization_id, id, is_current));
create unique index on membership(organization_id, user_id) where deleted_at is null;
create table role_assignment(id bigint generated always as identity primary key,
  organization_id text collate "C" not null, membership_id bigint not null, role_id text collate "C" not null,
  membership_is_current boolean generated always as (true) stored, unique (membership_id, role_id));
create table department_membership(id bigint generated always as identity primary key,
  organization_id text collate "C" not null, membership_id bigint not null, department_id text collate "C" not null,
  membership_is_current boolean generated always as (true) stored, unique (membership_id, department_id));
create table removal(id bigint generated always as identity primary key,
  organization_id text collate "C" not null references organization, membership_id bigint not null references membership,
  transferred_to_id text collate "C", roles jsonb, departments jsonb, resource_count int, created_at timestamptz default now());
create table event(id bigint generated always as identity primary key, type text not null,
  organization_id text collate "C" not null references organization, user_id text collate "C" references account,
  data jsonb, created_at timestamptz default now());
create table resource(id text collate "C" primary key, organization_id text collate "C" not null references organization,
  owner_id text collate "C" references account, department_id text collate "C", removal_id bigint, name text not null,
  check (num_nonnulls(owner_id, department_id) = 1));
insert into organization values ('org_1');
insert into department select 'dept_' || i, 'org_1' from generate_series(1, 10) i;
insert into role select 'role_' || i, 'org_1' from generate_series(1, 10) i;
insert into account select 'usr_01h455vb4pex5vsknk' || lpad(i::text, 8, '0') from generate_series(1, {members}) i;
insert into membership(organization_id, user_id) select 'org_1', id from account order by id;
insert into role_assignment(organization_id, membership_id, role_id)
  select 'org_1', m.id, 'role_' || r from membership m, generate_series(1, 5) r;
insert into department_membership(organization_id, membership_id, department_id)
  select 'org_1', m.id, 'dept_' || r from membership m, generate_series(1, 3) r;
insert into resource(id, organization_id, owner_id, name)
  select 'res_' || m.id || '_' || r, 'org_1', m.user_id, 'thing' from membership m, generate_series(1, 20) r;
alter table role_assignment
  add foreign key (organization_id, membership_id, membership_is_current) references membership(organization_id, id, is_current),
  add foreign key (organization_id, role_id) references role(organization_id, id);
alter table department_membership
  add foreign key (organization_id, membership_id, membership_is_current) references membership(organization_id, id, is_current),
  add foreign key (organization_id, department_id) references department(organization_id, id);
alter table resource
  add foreign key (organization_id, department_id) references department(organization_id, id),
  add foreign key (removal_id) references removal;
create index on resource(organization_id, owner_id) where owner_id is not null;
create index on resource(department_id) where department_id is not null;
create index on resource(removal_id) where removal_id is not null;
create index on removal(membership_id);
create index on event(organization_id, id);
create index on event(user_id);
analyze
