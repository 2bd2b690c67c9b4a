/** Since when a workspace wants the bodies of its requests kept; the bodies themselves are files beside the database. */
export const keptBodies = {
  number: 11,
  name: 'kept-bodies',
  statements: [`ALTER TABLE workspaces ADD COLUMN bodies_kept_since INTEGER`],
};
