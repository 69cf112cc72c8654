import { openEmbeddedHot } from './embedded-hot.ts';
import { describeHotStore } from './hot-store.ts';

describeHotStore('embedded', openEmbeddedHot);
