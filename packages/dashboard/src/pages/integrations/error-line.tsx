/** A failed request, told where it was made. */
import { errorWords } from '../../api/error-words.ts';
import { Notice } from '../../components/states.tsx';

export function ErrorLine({ error }: { readonly error: unknown }) {
  const { title, detail } = errorWords(error);
  return (
    <Notice tone="bad" title={title}>
      {detail}
    </Notice>
  );
}
