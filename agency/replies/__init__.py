"""What we answer: drafts, approvals, publishing exactly once, receipts."""
