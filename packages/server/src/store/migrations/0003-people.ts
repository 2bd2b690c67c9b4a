/**
 * People: users, how they prove who they are, their sessions, and what they are in which workspace. The first five
 * tables hold what the authentication library asks for, under our names. Instants are milliseconds since 1970 UTC.
 *
 *   sessions.token          SHA-256 of the token that the cookie carries, never the token
 *   accounts.password       an Argon2id hash in PHC form; accounts.provider_id says how the person proves it
 *   two_factors.secret      sealed under the instance's session secret, like backup_codes
 *   invitations.digest      SHA-256 of the token in the link
 */
export const people = {
  number: 3,
  name: 'people',
  statements: [
    `CREATE TABLE users (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      email TEXT NOT NULL UNIQUE,
      email_verified INTEGER NOT NULL,
      image TEXT,
      is_operator INTEGER NOT NULL DEFAULT 0,
      two_factor_enabled INTEGER NOT NULL DEFAULT 0,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID`,

    `CREATE TABLE sessions (
      id TEXT PRIMARY KEY,
      user_id TEXT NOT NULL REFERENCES users (id),
      token TEXT NOT NULL UNIQUE CHECK (length(token) = 64),
      expires_at INTEGER NOT NULL,
      ip_address TEXT,
      user_agent TEXT,
      active_workspace_id TEXT,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID`,
    `CREATE INDEX sessions_by_user ON sessions (user_id, created_at)`,

    `CREATE TABLE accounts (
      id TEXT PRIMARY KEY,
      user_id TEXT NOT NULL REFERENCES users (id),
      account_id TEXT NOT NULL,
      provider_id TEXT NOT NULL,
      access_token TEXT,
      refresh_token TEXT,
      id_token TEXT,
      access_token_expires_at INTEGER,
      refresh_token_expires_at INTEGER,
      scope TEXT,
      password TEXT CHECK (password IS NULL OR password LIKE '$argon2id$%'),
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      UNIQUE (provider_id, account_id)
    ) WITHOUT ROWID`,
    `CREATE INDEX accounts_by_user ON accounts (user_id)`,

    `CREATE TABLE verifications (
      id TEXT PRIMARY KEY,
      identifier TEXT NOT NULL,
      value TEXT NOT NULL,
      expires_at INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID`,
    `CREATE INDEX verifications_by_identifier ON verifications (identifier)`,

    `CREATE TABLE two_factors (
      id TEXT PRIMARY KEY,
      user_id TEXT NOT NULL UNIQUE REFERENCES users (id),
      secret TEXT NOT NULL,
      backup_codes TEXT NOT NULL,
      verified INTEGER NOT NULL,
      failed_verification_count INTEGER NOT NULL DEFAULT 0,
      locked_until INTEGER
    ) WITHOUT ROWID`,

    `CREATE TABLE members (
      workspace_id TEXT NOT NULL REFERENCES workspaces (id),
      user_id TEXT NOT NULL REFERENCES users (id),
      role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'billing', 'developer', 'viewer')),
      joined_at INTEGER NOT NULL,
      PRIMARY KEY (workspace_id, user_id)
    ) WITHOUT ROWID`,
    `CREATE INDEX members_by_user ON members (user_id)`,

    `CREATE TABLE invitations (
      id TEXT PRIMARY KEY,
      workspace_id TEXT NOT NULL REFERENCES workspaces (id),
      email TEXT NOT NULL,
      role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'billing', 'developer', 'viewer')),
      digest TEXT NOT NULL UNIQUE,
      invited_by TEXT,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL
    ) WITHOUT ROWID`,
    `CREATE INDEX invitations_by_workspace ON invitations (workspace_id, created_at)`,
  ],
} as const;
