import { expect, it } from 'vitest';
import { refuseSpecialFile } from '../../../../src/images/export/refuse-special-file.ts';

it('keeps devices and folders from being replaced by a file', async () => {
  await expect(refuseSpecialFile('/dev/null')).rejects.toMatchObject({ code: 'EXPORT_PLACE' });
  await expect(refuseSpecialFile('/dev')).rejects.toMatchObject({ code: 'EXPORT_PLACE' });
  await refuseSpecialFile(import.meta.filename);
  await refuseSpecialFile('/nonexistent/file');
});
