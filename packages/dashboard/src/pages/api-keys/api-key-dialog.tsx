/** The form of an API key, for a new one and for changes. */
import { useState } from 'react';
import { errorWords } from '../../api/error-words.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { SelectField, SwitchField, TextField } from '../../components/field.tsx';
import { Notice } from '../../components/states.tsx';
import type { ApiKey } from './api-key.ts';

export type ApiKeyDraft = {
  readonly name: string;
  readonly key_type: 'regular' | 'management';
  readonly limit: number | null;
  readonly limit_reset: 'daily' | 'weekly' | 'monthly' | null;
  readonly include_byok_in_limit: boolean;
  readonly allowed_providers: string[] | null;
  readonly allowed_models: string[] | null;
  readonly rpm_limit: number | null;
  readonly expires_at: string | null;
};

type Fields = Readonly<
  Record<'name' | 'kind' | 'limit' | 'reset' | 'providers' | 'models' | 'rpm' | 'expires', string>
> & {
  readonly includeByok: boolean;
};

const KINDS = [
  { value: 'regular', label: 'Inference: sends requests' },
  { value: 'management', label: 'Management: manages this workspace, sends no requests' },
];
const RESETS = [
  { value: '', label: 'Never: a lifetime limit' },
  { value: 'daily', label: 'Each day, 00:00 UTC' },
  { value: 'weekly', label: 'Each week, Monday 00:00 UTC' },
  { value: 'monthly', label: 'Each month, the 1st, 00:00 UTC' },
];

export function ApiKeyDialog({
  title,
  action,
  apiKey,
  busy,
  error,
  onSubmit,
  onClose,
}: {
  readonly title: string;
  readonly action: string;
  readonly apiKey?: ApiKey;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly onSubmit: (draft: ApiKeyDraft) => void;
  readonly onClose: () => void;
}) {
  const [fields, setFields] = useState(() => toFields(apiKey));
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            busy={busy}
            disabled={fields.name.trim() === ''}
            onClick={() => onSubmit(toDraft(fields))}
          >
            {action}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (fields.name.trim() !== '') onSubmit(toDraft(fields));
        }}
      >
        {error === null ? null : (
          <div className="mb-4">
            <Notice tone="bad">{errorWords(error).detail}</Notice>
          </div>
        )}
        <ApiKeyFields fields={fields} onFields={setFields} isNew={apiKey === undefined} />
        <button type="submit" className="hidden" aria-hidden="true" tabIndex={-1} />
      </form>
    </Dialog>
  );
}

function ApiKeyFields({
  fields,
  onFields,
  isNew,
}: {
  readonly fields: Fields;
  readonly onFields: (fields: Fields) => void;
  readonly isNew: boolean;
}) {
  const set = (name: keyof Fields) => (value: string | boolean) => onFields({ ...fields, [name]: value });
  const text = (name: Exclude<keyof Fields, 'includeByok'>) => ({ value: fields[name], onValue: set(name) });
  return (
    <div className="grid gap-4">
      <TextField label="Name" placeholder="Checkout service" {...text('name')} />
      {isNew ? <SelectField label="Kind" options={KINDS} {...text('kind')} /> : null}
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label="Spending limit" optional unit="USD" inputMode="decimal" {...text('limit')} />
        <SelectField label="The limit starts anew" options={RESETS} {...text('reset')} />
      </div>
      <SwitchField
        label="Count BYOK spend against the limit"
        help="Off: only requests on platform keys count."
        checked={fields.includeByok}
        onChecked={set('includeByok')}
      />
      <TextField
        label="Allowed models"
        optional
        help="Names or globs with commas between: openai/*, claude-sonnet-*. Empty: all."
        {...text('models')}
      />
      <TextField
        label="Allowed providers"
        optional
        help="Names with commas between. Empty: all."
        {...text('providers')}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label="Requests in any 60 seconds" optional inputMode="numeric" {...text('rpm')} />
        <TextField label="Ends on" optional type="datetime-local" {...text('expires')} />
      </div>
    </div>
  );
}

function toFields(apiKey: ApiKey | undefined): Fields {
  return {
    name: apiKey?.name ?? '',
    kind: apiKey?.key_type ?? 'regular',
    limit: numberWords(apiKey?.limit),
    reset: apiKey?.limit_reset ?? '',
    includeByok: apiKey?.include_byok_in_limit ?? false,
    providers: (apiKey?.allowed_providers ?? []).join(', '),
    models: (apiKey?.allowed_models ?? []).join(', '),
    rpm: numberWords(apiKey?.rpm_limit),
    expires: toLocalInput(apiKey?.expires_at ?? null),
  };
}

/** What is no number goes to the server as it is not: it answers in words which field is wrong. */
function toDraft(fields: Fields): ApiKeyDraft {
  return {
    name: fields.name.trim(),
    key_type: fields.kind === 'management' ? 'management' : 'regular',
    limit: toNumber(fields.limit),
    limit_reset: fields.reset === '' ? null : (fields.reset as 'daily' | 'weekly' | 'monthly'),
    include_byok_in_limit: fields.includeByok,
    allowed_providers: toList(fields.providers),
    allowed_models: toList(fields.models),
    rpm_limit: toNumber(fields.rpm),
    expires_at: fields.expires === '' ? null : new Date(fields.expires).toISOString(),
  };
}

function numberWords(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

function toNumber(text: string): number | null {
  return text.trim() === '' ? null : Number(text.replace(',', '.'));
}

function toList(text: string): string[] | null {
  const names = text
    .split(/[,\s]+/)
    .map((name) => name.trim())
    .filter(Boolean);
  return names.length === 0 ? null : names;
}

/** `datetime-local` speaks the reader's zone and no other. */
function toLocalInput(at: string | null): string {
  if (at === null) return '';
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
