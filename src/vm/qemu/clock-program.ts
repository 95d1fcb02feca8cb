/** One sample of {@link clockProgram}: {@link sampleMark}, then the time stamp counter, 64 bits, little-endian. */
export const sampleBytes = 9;
export const sampleMark = 0x0a;
/** I/O port of QEMU's isa-debugcon. */
export const samplePort = 0xe9;

/** out dx, al; then three times: shr eax, 8; out dx, al. */
const outputEax = 'ee 66c1e808 ee 66c1e808 ee 66c1e808 ee';

const loop = machineCode(
  '0f31', // rdtsc
  '6689c1', // mov ecx, eax
  '6689d3', // mov ebx, edx
  `ba${samplePort.toString(16)}00`, // mov dx, samplePort
  'b00a ee', // mov al, sampleMark; out dx, al
  `6689c8 ${outputEax}`, // mov eax, ecx; ..
  `6689d8 ${outputEax}`, // mov eax, ebx; ..
  '66b9400d0300', // mov ecx, 200000
  '6649 75fc', // dec ecx; jnz -4
);

function machineCode(...instructions: readonly string[]): Buffer {
  return Buffer.from(instructions.join('').replaceAll(' ', ''), 'hex');
}

/**
 * Firmware for QEMU's `-bios`: 64 KiB that do nothing but read the time stamp counter about a thousand times a second
 * and write it to a port, in the mode in which an x86 processor begins (Intel SDM volume 3, 10.1.4).
 */
export function clockProgram(): Buffer {
  const image = Buffer.alloc(65_536, 0xf4);
  const jump = (from: number, to: number) => {
    image[from] = 0xe9;
    image.writeUInt16LE((to - (from + 3)) & 0xffff, from + 1);
  };
  image.set(loop, 0);
  jump(loop.length, 0);
  // The first instruction.
  jump(0xfff0, 0);
  return image;
}
