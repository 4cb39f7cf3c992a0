-- Deliveries keep amounts, ids and a hash for good; what they say of a person ends with a retention, or with the person's
-- erasure. Unsigned ones, which anybody can send, are deleted after 30 days.

alter table public.webhook_logs add column redacted_at timestamptz;
create index webhook_logs_unredacted on public.webhook_logs (received_at) where redacted_at is null;

-- The hash is that of the body as it arrived, so a redaction must not compute it again.
-- squawk-ignore ban-drop-generated-expression
alter table public.webhook_logs alter column body_hash drop expression;
create function private.hash_body() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  new.body_hash := sha256(new.body);
  return new;
end
$$;
revoke execute on function private.hash_body() from public;
create trigger webhook_logs_hash before insert on public.webhook_logs
  for each row execute function private.hash_body();

-- A document of Razorpay's without what it says of a person, at any depth
-- (https://razorpay.com/docs/webhooks/payloads/payments/).
create function private.without_personal_data(document jsonb) returns jsonb
language plpgsql immutable security invoker set search_path = ''
as $$
begin
  return case jsonb_typeof(document)
    when 'object' then (
      select coalesce(jsonb_object_agg(key, private.without_personal_data(value)), '{}')
      from jsonb_each(document)
      where key <> all (array[
        'email', 'contact', 'vpa', 'upi', 'card', 'bank_account', 'name', 'phone', 'customer', 'customer_details',
        'billing_address', 'shipping_address', 'address', 'description', 'notes', 'ip', 'user_agent', 'gstin'
      ])
    )
    when 'array' then (
      select coalesce(jsonb_agg(private.without_personal_data(value) order by position), '[]')
      from jsonb_array_elements(document) with ordinality element (value, position)
    )
    else document
  end;
end
$$;
revoke execute on function private.without_personal_data(jsonb) from public;
grant execute on function private.without_personal_data(jsonb) to app_admin, service_role;

-- Processing moves a delivery's status on, a redaction takes its personal data away, once; nothing else changes it. The two
-- columns that are generated from the payload name the same order and payment after either.
create or replace function private.only_processing() returns trigger
language plpgsql security invoker set search_path = ''
as $$
declare
  processing constant text[] := array[
    'status', 'outcome', 'error', 'processed_at', 'payload', 'event_type', 'razorpay_order_id', 'razorpay_payment_id'
  ];
  redaction constant text[] := array['redacted_at', 'body', 'payload', 'razorpay_order_id', 'razorpay_payment_id'];
  bare constant jsonb := private.without_personal_data(old.payload);
begin
  if old.redacted_at is null and new.redacted_at is not null then
    if to_jsonb(new) - redaction is distinct from to_jsonb(old) - redaction
       or new.payload is distinct from bare
       or new.body is distinct from convert_to(coalesce(bare::text, ''), 'UTF8') then
      raise insufficient_privilege using message = 'a redaction takes nothing but personal data';
    end if;
  elsif to_jsonb(new) - processing is distinct from to_jsonb(old) - processing
        or old.payload is not null and new.payload is distinct from old.payload then
    raise insufficient_privilege using message = 'what was received cannot change';
  end if;
  return new;
end
$$;

create function private.only_old_unsigned() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  if old.signature_valid or old.received_at > now() - interval '30 days' then
    raise insufficient_privilege using message = 'what Razorpay sent is never deleted';
  end if;
  return old;
end
$$;
revoke execute on function private.only_old_unsigned() from public;
drop trigger webhook_logs_never_deleted on public.webhook_logs;
create trigger webhook_logs_never_deleted before delete on public.webhook_logs
  for each row execute function private.only_old_unsigned();

grant update (body, redacted_at), delete on public.webhook_logs to service_role;
