"""The sandbox platforms: Facebook, Instagram and Google Business on loopback, with a ledger of every write."""
