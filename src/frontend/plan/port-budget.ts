import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { maxExposedTotal } from '../limits.ts';

/** Counts the ports that the EXPOSE instructions of one Dockerfile list together, the same one again too. */
export class PortBudget {
  #listed = 0;

  /** Throws LIMIT_EXCEEDED above {@link maxExposedTotal} ports. */
  take(ports: number): void {
    this.#listed += ports;
    if (this.#listed <= maxExposedTotal) return;
    throw new FirekilnError('LIMIT_EXCEEDED', `EXPOSE instructions name more than ${maxExposedTotal} ports in all`);
  }
}
