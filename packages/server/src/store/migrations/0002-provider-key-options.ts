/** Texts by name become JSON by name: a provider's settings may be maps (deployments to models). The data stays valid. */
export const providerKeyOptions = {
  number: 2,
  name: 'provider-key-options',
  statements: ['ALTER TABLE provider_keys RENAME COLUMN settings TO options'],
};
