import { describeEngineOn } from './describe-engine-on.js';
import { testPostgres } from './postgres.js';

describeEngineOn('the engine on Postgres', testPostgres());
