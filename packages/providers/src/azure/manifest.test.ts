import { describeProvider } from '../manifest/describe-provider.ts';
import { manifest } from './manifest.ts';

describeProvider(manifest, {
  credential: { api_key: 'the-provider-key' },
  key: {
    baseUrl: 'https://resource.openai.azure.com/openai',
    region: null,
    options: { url_style: 'deployments', api_version: '2024-10-21', deployments: { 'my-4o': 'gpt-4o' } },
  },
});
