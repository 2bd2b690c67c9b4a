/** The form of a destination, for a new one and for changes. */
import { useState } from 'react';
import { errorWords } from '../../api/error-words.ts';
import { useApiMutation } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { SelectField, SwitchField, TextField } from '../../components/field.tsx';
import { Notice } from '../../components/states.tsx';
import {
  bodyOf,
  draftOf,
  losesHeaders,
  newDraft,
  problemsOf,
  type Destination,
  type DestinationBody,
  type DestinationDraft,
} from './destination-draft.ts';
import { ApiKeyChoice, EventChoice } from './event-choice.tsx';
import { HeaderFields } from './header-fields.tsx';

export function DestinationDialog({
  title,
  action,
  stored,
  busy,
  error,
  onSubmit,
  onClose,
}: {
  readonly title: string;
  readonly action: string;
  /** Null: a new one. */
  readonly stored: Destination | null;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly onSubmit: (body: DestinationBody) => void;
  readonly onClose: () => void;
}) {
  const [draft, setDraft] = useState(() => (stored === null ? newDraft() : draftOf(stored)));
  const [tried, setTried] = useState(false);
  const problems = problemsOf(draft);
  const submit = (): void => {
    setTried(true);
    if (Object.keys(problems).length === 0) onSubmit(bodyOf(draft));
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={busy} onClick={submit}>
            {action}
          </Button>
        </>
      }
    >
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {error === null ? null : <Notice tone="bad">{errorWords(error).detail}</Notice>}
        <Fields
          draft={draft}
          stored={stored}
          problems={tried ? problems : {}}
          onDraft={(change) => setDraft({ ...draft, ...change })}
        />
        <button type="submit" className="hidden" aria-hidden="true" tabIndex={-1} />
      </form>
    </Dialog>
  );
}

type FieldsProps = {
  readonly draft: DestinationDraft;
  readonly problems: ReturnType<typeof problemsOf>;
  readonly onDraft: (change: Partial<DestinationDraft>) => void;
};

function Fields({ draft, stored, problems, onDraft }: FieldsProps & { readonly stored: Destination | null }) {
  return (
    <>
      <TextField
        label="Name"
        placeholder="Billing"
        value={draft.name}
        error={problems.name}
        onValue={(name) => onDraft({ name })}
      />
      <div className="grid gap-3 sm:grid-cols-[minmax(0,1fr)_7rem]">
        <TextField
          label="URL"
          type="url"
          placeholder="https://hooks.example.com/arouter"
          value={draft.url}
          error={problems.url}
          onValue={(url) => onDraft({ url })}
        />
        <SelectField
          label="Method"
          options={METHODS}
          value={draft.method}
          onValue={(method) => onDraft({ method: method === 'PUT' ? 'PUT' : 'POST' })}
        />
      </div>
      <ConnectionCheck draft={draft} />
      <HeaderFields
        rows={draft.headers}
        storedNames={Object.keys(stored?.headers ?? {})}
        onRows={(headers) => onDraft({ headers })}
      />
      {losesHeaders(draft, stored) ? (
        <Notice tone="warn">
          This is another host: the stored headers were entered for the old one and are dropped. Enter them
          again if they are meant for this one.
        </Notice>
      ) : null}
      <Choices draft={draft} problems={problems} onDraft={onDraft} />
    </>
  );
}

/** What of all that happens is told. */
function Choices({ draft, problems, onDraft }: FieldsProps) {
  return (
    <>
      <EventChoice chosen={draft.events} error={problems.events} onChosen={(events) => onDraft({ events })} />
      <ApiKeyChoice
        chosen={draft.apiKeys}
        error={problems.apiKeys}
        onChosen={(apiKeys) => onDraft({ apiKeys })}
      />
      <TextField
        label="Share of requests that are told"
        unit="%"
        inputMode="decimal"
        help="Of generation.completed; all other events are always told."
        value={draft.sample}
        error={problems.sample}
        onValue={(sample) => onDraft({ sample })}
      />
      <SwitchField
        label="Leave out names and words of providers"
        help="Names of keys and reasons of failures are not in the events."
        checked={draft.privacy}
        onChecked={(privacy) => onDraft({ privacy })}
      />
    </>
  );
}

const METHODS = [
  { value: 'POST', label: 'POST' },
  { value: 'PUT', label: 'PUT' },
];

/** Whether the host answers, before anything is saved. Stored headers are not sent: their values are not here. */
function ConnectionCheck({ draft }: { readonly draft: DestinationDraft }) {
  const check = useApiMutation('testWebhookConnection');
  const { url, method, headers } = bodyOf(draft);
  return (
    <div className="grid gap-2">
      <div>
        <Button
          size="small"
          icon="plug"
          busy={check.isPending}
          disabled={problemsOf(draft).url !== undefined}
          onClick={() => check.mutate({ body: { url, method, headers: headers ?? null } })}
        >
          Check connection
        </Button>
      </div>
      <div aria-live="polite">
        {check.isError ? <Notice tone="bad">{errorWords(check.error).detail}</Notice> : null}
        {check.data === undefined ? null : check.data.reachable ? (
          <Notice tone="good">The host answers (status {check.data.status_code ?? '–'}).</Notice>
        ) : (
          <Notice tone="bad">{check.data.error ?? 'The host does not answer.'}</Notice>
        )}
      </div>
    </div>
  );
}
