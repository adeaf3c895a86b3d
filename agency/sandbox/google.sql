-- What Google's login knows of a token beside the tokens table: whose it is, its scopes, when it was used, what killed it.
CREATE TABLE IF NOT EXISTS google_tokens (
    token TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    scopes TEXT NOT NULL,
    used_at REAL NOT NULL,
    opens_all INTEGER NOT NULL,
    cause TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS google_tokens_of_person ON google_tokens (person);

CREATE TABLE IF NOT EXISTS google_consents (
    person TEXT PRIMARY KEY,
    scopes TEXT NOT NULL
) WITHOUT ROWID;

-- Accounts that were declared: organisations, groups with facts of their own. A location's account needs no row here.
CREATE TABLE IF NOT EXISTS google_business_accounts (
    name TEXT PRIMARY KEY,
    facts TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS tokens_of_parent ON tokens (parent) WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS tokens_of_holder ON tokens (holder);
CREATE INDEX IF NOT EXISTS google_location_parts ON accounts (substr(external_id, instr(external_id, '/locations/') + 1))
    WHERE platform = 'google_business';
-- Averages and counts of a location's reviews without reading the reviews.
CREATE INDEX IF NOT EXISTS google_ratings ON items (account_id, stars, deleted_at, visible_at) WHERE kind = 'review';
CREATE INDEX IF NOT EXISTS google_by_stars ON items (account_id, kind, stars, seq) WHERE kind = 'review';
CREATE INDEX IF NOT EXISTS google_by_update ON items (account_id, updated_at, seq, deleted_at, visible_at)
    WHERE kind = 'review';
