"""A stand-in for Stripe's billing: objects, time, invoices, pages and webhooks of a test account, on loopback."""
