-- SMS cost money: those of the last day are counted for each person and for the platform.
create index notifications_queue_sms_sent on public.notifications_queue (sent_at) where type = 'sms' and status = 'sent';
