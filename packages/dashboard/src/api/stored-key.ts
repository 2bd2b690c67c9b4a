/** The management key that this tab is signed in with. It ends with the tab and is sent to this origin only. */
const STORED_AT = 'arouter.key';

export function readStoredKey(): string | null {
  return sessionStorage.getItem(STORED_AT);
}

export function storeKey(key: string | null): void {
  if (key === null) sessionStorage.removeItem(STORED_AT);
  else sessionStorage.setItem(STORED_AT, key);
}
