/** One's own name, password, second factor and sessions. */
import { Page } from '../../components/page.tsx';
import { PasswordCard } from './password-card.tsx';
import { ProfileCard } from './profile-card.tsx';
import { SecondFactorCard } from './second-factor-card.tsx';
import { SessionsCard } from './sessions-card.tsx';

export function AccountPage() {
  return (
    <Page title="Account" description="For you alone, in every workspace." width="text">
      <ProfileCard />
      <PasswordCard />
      <SecondFactorCard />
      <SessionsCard />
    </Page>
  );
}
