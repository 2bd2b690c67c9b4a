/** What a page shows when it, or what it loads, failed: the reason and a way to try again. The rest of the window stays. */
import type { ErrorComponentProps } from '@tanstack/react-router';
import { useQueryErrorResetBoundary } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { ErrorState } from './states.tsx';

export function PageError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const queries = useQueryErrorResetBoundary();
  const retry = (): void => {
    queries.reset();
    reset();
    void router.invalidate();
  };
  return (
    <main className="grid min-h-[60dvh] place-items-center">
      <ErrorState error={error} onRetry={retry} />
    </main>
  );
}
