/** The credential's fields as the provider's manifest describes them, or its JSON pasted whole, or its file dropped. */
import { useState, type DragEvent, type ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import { TextAreaField, TextField } from '../../components/field.tsx';
import { LinkedText } from '../../components/linked-text.tsx';
import { Notice } from '../../components/states.tsx';
import { typeOf, type CredentialType, type FieldErrors, type KeyDraft, type Provider } from './key-draft.ts';
import { readPastedCredential } from './read-pasted-credential.ts';
import { SecretField } from './secret-field.tsx';

/** A credential file is a few kilobytes; more is the wrong file. */
const FILE_BYTES_MAX = 64 * 1024;

export type CredentialFormProps = {
  readonly provider: Provider;
  readonly draft: KeyDraft;
  readonly errors: FieldErrors;
  readonly onDraft: (change: Partial<KeyDraft>) => void;
};

export function CredentialForm({ provider, draft, errors, onDraft }: CredentialFormProps) {
  const type = typeOf(provider, draft.typeId);
  const [pasting, setPasting] = useState(draft.json !== '');
  const [filled, setFilled] = useState(0);
  const saysWhere = type.fields.some(({ help }) => help.includes(provider.keys_url));
  const takeFields = (values: Readonly<Record<string, string>>): void => {
    setFilled(Object.keys(values).length);
    setPasting(false);
    onDraft({ values: { ...draft.values, ...values }, json: '' });
  };
  return (
    <div className="grid gap-4">
      <TypeChoice provider={provider} draft={draft} onDraft={onDraft} />
      {pasting ? (
        <JsonPaste type={type} draft={draft} errors={errors} onDraft={onDraft} onFields={takeFields} />
      ) : (
        <CredentialFields
          type={type}
          provider={provider}
          draft={draft}
          errors={errors}
          onDraft={onDraft}
          onFields={takeFields}
        />
      )}
      {filled > 0 && !pasting ? (
        <Notice tone="good">
          {filled === 1 ? 'One field was' : `${filled} fields were`} filled from what you pasted. Check them,
          then test the key.
        </Notice>
      ) : null}
      <div className="flex flex-wrap items-center justify-between gap-2 text-xs text-muted">
        <span>{saysWhere ? null : <KeysLink url={provider.keys_url} />}</span>
        <Button
          size="small"
          look="quiet"
          onClick={() => {
            setPasting(!pasting);
            onDraft({ json: '' });
          }}
        >
          {pasting ? 'Fill in the fields instead' : 'Paste JSON instead'}
        </Button>
      </div>
    </div>
  );
}

function KeysLink({ url }: { readonly url: string }) {
  return (
    <>
      Keys are made at{' '}
      <a className="link wrap-anywhere" href={url} target="_blank" rel="noreferrer">
        {url.replace(/^https:\/\//, '')}
      </a>
    </>
  );
}

function TypeChoice({
  provider,
  draft,
  onDraft,
}: Pick<CredentialFormProps, 'provider' | 'draft' | 'onDraft'>) {
  if (provider.credential_types.length < 2) return null;
  return (
    <fieldset className="grid gap-1.5">
      <legend className="mb-1.5 text-[0.8125rem] font-medium">Credential type</legend>
      <div className="flex flex-wrap gap-2">
        {provider.credential_types.map(({ id, label }) => (
          <label
            key={id}
            className="flex cursor-pointer items-center gap-2 rounded-lg border border-line-strong px-3 py-1.5 text-[0.8125rem] has-checked:border-accent has-checked:bg-accent-soft"
          >
            <input
              type="radio"
              name="credential-type"
              className="accent-accent"
              checked={id === draft.typeId}
              onChange={() => onDraft({ typeId: id, values: {}, json: '' })}
            />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

type Fields = {
  readonly type: CredentialType;
  readonly onFields: (values: Readonly<Record<string, string>>) => void;
};

function CredentialFields({
  type,
  provider,
  draft,
  errors,
  onDraft,
  onFields,
}: CredentialFormProps & Fields) {
  const set = (name: string, value: string): void => {
    // Somebody pastes the whole JSON into the first field they see.
    const pasted = value.trimStart().startsWith('{') ? readPastedCredential(type, value) : undefined;
    if (pasted?.kind === 'fields') onFields(pasted.values);
    else onDraft({ values: { ...draft.values, [name]: value } });
  };
  return (
    <>
      {errors['credential'] === undefined ? null : <Notice tone="bad">{errors['credential']}</Notice>}
      {type.fields.map((field) => {
        const common = {
          label: field.label,
          help: field.help === '' ? undefined : <LinkedText text={field.help} />,
          optional: !field.required,
          error: errors[`credential.${field.name}`],
          value: draft.values[field.name] ?? '',
          onValue: (value: string) => set(field.name, value),
        };
        if (field.input === 'textarea') return <FileField key={field.name} {...common} />;
        if (field.secret) return <SecretField key={field.name} {...common} />;
        const regions = field.name === 'region' ? provider.regions : [];
        return (
          <span key={field.name}>
            <TextField
              {...common}
              type={field.input === 'url' ? 'url' : 'text'}
              list={regions.length > 0 ? 'regions' : undefined}
            />
            {regions.length === 0 ? null : (
              <datalist id="regions">
                {regions.map((region) => (
                  <option key={region} value={region} />
                ))}
              </datalist>
            )}
          </span>
        );
      })}
    </>
  );
}

function JsonPaste({
  type,
  draft,
  errors,
  onDraft,
  onFields,
}: Omit<CredentialFormProps, 'provider'> & Fields) {
  const [problem, setProblem] = useState('');
  const take = (text: string): void => {
    const pasted = text.trim() === '' ? undefined : readPastedCredential(type, text);
    setProblem(pasted?.kind === 'broken' ? pasted.problem : '');
    if (pasted?.kind === 'fields') onFields(pasted.values);
    else onDraft({ json: text });
  };
  const named = Object.entries(errors).filter(([field]) => field.startsWith('credential'));
  return (
    <TextAreaField
      label="Credential as JSON"
      help={`An object with ${type.fields.map(({ name }) => name).join(', ')}. It is read in this page and checked by the server.`}
      error={problem === '' ? named.map(([, sentence]) => sentence).join(' ') : problem}
      value={draft.json}
      onValue={take}
      rows={8}
    />
  );
}

/** Long text that usually is a file: it can be dropped, chosen or pasted. */
function FileField(field: {
  readonly label: string;
  readonly help: ReactNode;
  readonly optional: boolean;
  readonly error: string | undefined;
  readonly value: string;
  readonly onValue: (value: string) => void;
}) {
  const [over, setOver] = useState(false);
  const [problem, setProblem] = useState('');
  const read = (file: File | undefined): void => {
    if (file === undefined) return;
    const tooLarge = file.size > FILE_BYTES_MAX;
    setProblem(tooLarge ? 'This file is too large to be a credential.' : '');
    if (!tooLarge) void file.text().then(field.onValue);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    read(event.dataTransfer.files[0]);
  };
  return (
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={`grid gap-2 rounded-xl ${over ? 'outline-2 outline-offset-4 outline-accent outline-dashed' : ''}`}
    >
      <TextAreaField
        {...field}
        error={problem === '' ? field.error : problem}
        placeholder="Drop the file here, or paste its content"
      />
      <label className="flex items-center gap-2 text-xs text-muted">
        <span>Or choose the file:</span>
        <input
          type="file"
          accept=".json,application/json"
          className="max-w-full text-xs file:mr-2 file:rounded-md file:border file:border-line-strong file:bg-card file:px-2 file:py-1 file:text-ink"
          onChange={(event) => read(event.target.files?.[0])}
        />
      </label>
    </div>
  );
}
