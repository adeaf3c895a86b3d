CREATE TABLE IF NOT EXISTS accounts (
    id INTEGER PRIMARY KEY,
    platform TEXT NOT NULL,
    external_id TEXT NOT NULL,
    name TEXT NOT NULL,
    facts TEXT NOT NULL DEFAULT '{}',
    UNIQUE (platform, external_id)
);
-- An Instagram profile knows its Page.
CREATE INDEX IF NOT EXISTS accounts_by_page ON accounts (json_extract(facts, '$.page_id'));

CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    holder TEXT NOT NULL,
    parent TEXT,
    issued_at REAL NOT NULL,
    expires_at REAL,
    dead INTEGER,
    facts TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS tokens_by_holder ON tokens (holder, kind);
CREATE INDEX IF NOT EXISTS tokens_by_parent ON tokens (parent) WHERE parent IS NOT NULL;

CREATE TABLE IF NOT EXISTS grants (
    token TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    PRIMARY KEY (token, account_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS grants_of_account ON grants (account_id);

-- An item is a post, a comment or a review. Texts live in facts as escaped JSON: NUL and lone surrogates are legal there.
CREATE TABLE IF NOT EXISTS items (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL,
    platform TEXT NOT NULL,
    kind TEXT NOT NULL,
    external_id TEXT NOT NULL,
    short_id TEXT NOT NULL,
    post_id TEXT,
    parent_id TEXT,
    by_account INTEGER NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    visible_at REAL NOT NULL,
    deleted_at REAL,
    stars INTEGER,
    key TEXT,
    facts TEXT NOT NULL,
    UNIQUE (account_id, external_id)
);
CREATE INDEX IF NOT EXISTS items_of_account ON items (account_id, kind, created_at, seq);
CREATE INDEX IF NOT EXISTS items_by_update ON items (account_id, kind, updated_at, seq);
CREATE INDEX IF NOT EXISTS items_of_post ON items (account_id, post_id, created_at, seq);
CREATE INDEX IF NOT EXISTS items_by_external_id ON items (platform, external_id);
CREATE INDEX IF NOT EXISTS items_by_short_id ON items (platform, short_id);
CREATE INDEX IF NOT EXISTS items_by_key ON items (key) WHERE key IS NOT NULL;

CREATE TABLE IF NOT EXISTS ledger (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL,
    at REAL NOT NULL,
    platform TEXT NOT NULL,
    account TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    outcome TEXT NOT NULL,
    text_hash TEXT,
    facts TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ledger_of_account ON ledger (account, seq);

CREATE TABLE IF NOT EXISTS misbehaviour (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    account TEXT,
    times_left INTEGER,
    until REAL,
    facts TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS scenario_lines (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at_seconds REAL NOT NULL,
    line TEXT NOT NULL,
    played_at REAL,
    note TEXT
);

CREATE TABLE IF NOT EXISTS settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
