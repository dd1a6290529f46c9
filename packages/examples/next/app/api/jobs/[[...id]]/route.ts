import { jobs } from '../../../../lib/gateway';

export { jobs as GET, jobs as HEAD, jobs as OPTIONS };
