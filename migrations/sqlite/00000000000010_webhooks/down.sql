DELETE FROM counters WHERE name = 'webhook_deliveries';
DROP TABLE webhook_deliveries;
DROP TABLE webhooks;
