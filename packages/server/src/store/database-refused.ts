/** The database cannot be used as it is, and its owner can mend that: it is damaged, or newer than this version. The command line exits 78. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';
}
