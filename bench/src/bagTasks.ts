/**
 * What threads know that compute bags, and nothing else: to have it loaded would count at what is started elsewhere.
 */
import { Bag } from "@creel/collections"

export default Bag.tasks
