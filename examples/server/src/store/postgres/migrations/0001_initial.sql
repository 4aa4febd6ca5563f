-- Times are timestamptz with the microseconds of the domain; ids are made by the service (UUIDv7).

create table users (
    id            uuid primary key,
    email         text not null,
    email_key     text not null unique,
    name          text not null,
    password_hash text not null
);

create table sessions (
    token_hash bytea primary key check (length(token_hash) = 32),
    user_id    uuid not null,
    expires_at timestamptz not null
);
create index sessions_by_end on sessions (expires_at);

create table jobs (
    id             uuid primary key,
    kind           text not null check (kind in ('api', 'voice', 'text')),
    status         text not null check (status in ('open', 'assigned', 'in_progress', 'done', 'cancelled')),
    title          text not null,
    description    text,
    customer_phone text not null,
    customer_email text,
    priority       text not null check (priority in ('low', 'normal', 'high', 'urgent')),
    scheduled_at   timestamptz,
    owner          uuid,
    created_at     timestamptz not null,
    updated_at     timestamptz not null
);
-- A list is a merge of the viewer's jobs and those of the shared inbox (no owner), each read in order. The inbox has indexes
-- of its own, since `owner is null` is no constant to the planner: by an index with the owner it would sort all of it.
create index jobs_by_owner on jobs (owner, created_at desc, id desc) where owner is not null;
create index jobs_by_owner_and_status on jobs (owner, status, created_at desc, id desc) where owner is not null;
create index jobs_in_inbox on jobs (created_at desc, id desc) where owner is null;
create index jobs_in_inbox_by_status on jobs (status, created_at desc, id desc) where owner is null;

create table customers (
    id         uuid primary key,
    owner      uuid not null,
    name       text not null,
    email      text not null,
    phone      text not null,
    cuit       text,
    created_at timestamptz not null
);
create index customers_by_owner on customers (owner, created_at desc, id desc);

-- Every message that came in, by the id that WhatsApp gave it: a repeated one changes nothing.
-- `json` keeps the text as it came; `jsonb` would refuse a NUL in it.
create table messages (
    id          text primary key,
    message     json not null,
    received_at timestamptz not null,
    finished_at timestamptz,
    job         uuid
);
create index messages_by_end on messages (finished_at) where finished_at is not null;

-- What waits to become a job. `due_at` is when it may be handed out; while `leased`, when the lease ends.
create table outbox (
    id          bigint generated always as identity primary key,
    message_id  text not null unique references messages (id),
    queue       text not null check (queue in ('jobs', 'voice')),
    enqueued_at timestamptz not null,
    due_at      timestamptz not null,
    failures    integer not null default 0,
    deliveries  integer not null default 0,
    leased      boolean not null default false
);
create index outbox_by_due on outbox (due_at, id);
create index outbox_by_queue on outbox (queue, enqueued_at);

-- What was given up, kept until a person has looked at it. `readable` is false where the message can't be decoded.
create table dead_letters (
    id          bigint primary key,
    message_id  text not null unique references messages (id),
    queue       text not null,
    enqueued_at timestamptz not null,
    failures    integer not null,
    deliveries  integer not null,
    reason      text not null,
    died_at     timestamptz not null,
    readable    boolean not null default true
);

-- What all replicas have to know alike, such as the key of the lists' cursors.
create table shared_secrets (
    name  text primary key,
    value bytea not null
);
