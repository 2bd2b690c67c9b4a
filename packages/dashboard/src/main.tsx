/** Starts the dashboard in the page. */
import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createQueryClient } from './api/queries.ts';
import { sessionQuery } from './api/session.ts';
import { Toasts } from './components/toasts.tsx';
import { applyStoredTheme } from './layout/theme.ts';
import { createDashboardRouter } from './router.tsx';
import './styles.css';

const place = document.getElementById('root');
if (place === null) throw new Error('index.html has no element with the id "root"');

applyStoredTheme();
const queries = createQueryClient(() => {
  // The guard asks again who is signed in, and leads to the sign-in page.
  void queries.invalidateQueries({ queryKey: sessionQuery.queryKey }).then(() => router.invalidate());
});
const router = createDashboardRouter(queries);
createRoot(place).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <Toasts>
          <RouterProvider router={router} />
        </Toasts>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
