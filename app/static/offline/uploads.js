export const canUpload = false;
export class RefusedFile extends Error {}
export class NotYet extends Error {}
export const mayUpload = () => false;
export const upload = async () => { throw new NotYet(); };
export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1).replace(".", ",")} MB`;
