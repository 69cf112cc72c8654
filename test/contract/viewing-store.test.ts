import { openEmbeddedViewingStore } from '../../stores/embedded/viewing.ts';
import { describeViewingStore } from './viewing-store.ts';

describeViewingStore('embedded', async () => openEmbeddedViewingStore({ path: ':memory:' }));
