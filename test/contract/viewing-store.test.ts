import { openEmbeddedViewingStore } from '../../stores/embedded/viewing.ts';
import { describeViewingStore } from './viewing-store.ts';

const open = async () => openEmbeddedViewingStore({ path: ':memory:' });
describeViewingStore('embedded', { open, partitions: 4, runs: 150 });
