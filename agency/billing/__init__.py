"""What an agency pays: Stripe is told and asked here, and nothing here knows a customer."""
