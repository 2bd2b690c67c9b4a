/** The part of the Store port that the vault uses. */
import type { WorkspaceId } from '@arouter/core';

/** What the vault keeps beside the data: wrapped data keys and a few sealed values of the instance. */
export type DekRow = {
  readonly workspaceId: WorkspaceId;
  readonly version: number;
  /** The id of the root key that wraps it. */
  readonly kekId: string;
  readonly wrapped: Uint8Array;
};
export interface VaultRowStore {
  listDeks(): Promise<readonly DekRow[]>;
  /** Fails when the (workspace, version) exists. */
  insertDek(row: DekRow): Promise<void>;
  /** Replaces the wrapping only while it is still `expectedKekId`'s: rotation can be repeated after a kill. */
  rewrapDek(row: DekRow, expectedKekId: string): Promise<boolean>;
  /** Small instance values (canary, sealed pepper, primary KEK id), by name. */
  getMeta(name: string): Promise<Uint8Array | undefined>;
  setMeta(name: string, value: Uint8Array): Promise<void>;
}
