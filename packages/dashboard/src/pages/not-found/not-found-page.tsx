/** For an address that is no page. */
import { Link } from '@tanstack/react-router';
import { buttonClass } from '../../components/button.tsx';
import { EmptyState } from '../../components/states.tsx';

export function NotFoundPage() {
  return (
    <EmptyState
      icon="search"
      title="There is no such page"
      action={
        <Link to="/" className={buttonClass()}>
          Go to the start
        </Link>
      }
    >
      The address may be mistyped, or the page may have moved.
    </EmptyState>
  );
}
