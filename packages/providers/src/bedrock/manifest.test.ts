import { describeProvider } from '../manifest/describe-provider.ts';
import { manifest } from './manifest.ts';

describeProvider(manifest, {
  credential: { access_key: 'the-provider-key', secret_key: 'secret' },
  key: { baseUrl: null, region: 'us-east-1', options: {} },
});
