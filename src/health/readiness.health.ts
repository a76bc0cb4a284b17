import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Readiness } from '../lifecycle/readiness.js';

@Injectable()
export class ReadinessHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly readiness: Readiness,
  ) {}

  check(): HealthIndicatorResult {
    const { state } = this.readiness;
    const session = this.indicators.check('service');
    return state === 'ready' ? session.up({ state }) : session.down({ state });
  }

  checkStarted(): HealthIndicatorResult {
    const { state } = this.readiness;
    const session = this.indicators.check('service');
    return state === 'starting' ? session.down({ state }) : session.up({ state });
  }
}
