import { describeProvider } from '../manifest/describe-provider.ts';
import { manifest } from './manifest.ts';

describeProvider(manifest);
