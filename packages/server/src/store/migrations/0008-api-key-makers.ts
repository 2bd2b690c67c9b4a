/**
 * Who made an API key (a user's id; null where no person did, or before this was kept), and when it was deleted: until it is
 * purged, the deletion can be undone.
 */
export const apiKeyMakers = {
  number: 8,
  name: 'api-key-makers',
  statements: [
    'ALTER TABLE api_keys ADD COLUMN created_by TEXT',
    'ALTER TABLE api_keys ADD COLUMN deleted_at INTEGER',
  ],
};
