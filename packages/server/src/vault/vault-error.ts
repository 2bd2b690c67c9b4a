/** Why a secret cannot be read. Never carries bytes of it, nor a cause that could. */
export type VaultErrorCode =
  /** The blob is not one of ours, or of a version we do not know. */
  | 'secret_format'
  /** The blob, its row, its workspace or its destination is not what was sealed. */
  | 'secret_auth_failed'
  /** No data key of the workspace is loaded. */
  | 'data_key_missing'
  /** The root key that wraps the value is not loaded. */
  | 'root_key_missing';

export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly code: VaultErrorCode;
  constructor(code: VaultErrorCode) {
    super(code);
    this.code = code;
  }
}

/** The root key is missing, wrong or unfit. The message is one sentence for the operator; the process exits with 78. */
export class VaultStartRefused extends Error {
  override readonly name = 'VaultStartRefused';
}
