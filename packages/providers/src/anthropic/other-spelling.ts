/**
 * Names of Claude as aggregators, and much code written for them, have them: with a dot in the version
 * (`claude-sonnet-4.6`), and without the date that the model's own name has (`claude-sonnet-4`). Anthropic knows neither.
 */
import type { ProviderManifest } from '@arouter/core';
import { findModel } from '../manifest/find-model.ts';
import file from './models.json' with { type: 'json' };

const DOTTED_VERSION = /^(claude-(?:[a-z]+-)*\d{1,2})\.(\d{1,2})(?=-|$)/;
const DASHED_VERSION = /^(claude-(?:[a-z]+-)*\d{1,2})-(\d{1,2})(?=-|$)/;
const DATE = /-\d{8}$/;
const ownNames = new Set(file.models.map(({ id }) => id));

export const otherSpelling: NonNullable<ProviderManifest['otherSpelling']> = {
  toOwn,
  fromOwn(own) {
    const undated = own.replace(DATE, '');
    const dotted = [own, undated].map((name) => name.replace(DASHED_VERSION, '$1.$2'));
    return [...new Set([undated, ...dotted])].filter((name) => toOwn(name) === own);
  },
};

function toOwn(written: string): string | undefined {
  // `claude-2.1` is one of its own.
  if (ownNames.has(written)) return undefined;
  const dashed = written.replace(DOTTED_VERSION, '$1-$2');
  const own = DATE.test(dashed) ? dashed : (findModel(file, dashed)?.id ?? dashed);
  return own === written ? undefined : own;
}
