/** AWS's own uploader of large files. */
import { S3Client } from "@aws-sdk/client-s3"
import { Upload } from "@aws-sdk/lib-storage"
import * as fs from "node:fs"
import { measure, order } from "./Order.ts"

const client = new S3Client({
  region: "us-east-1",
  endpoint: order.storage,
  forcePathStyle: true,
  credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
  // Else it computes a checksum of every part, which the others do not.
  requestChecksumCalculation: "WHEN_REQUIRED",
  maxAttempts: 5
})

await measure((file) =>
  new Upload({
    client,
    params: { Bucket: "bucket", Key: "key", Body: fs.createReadStream(file, { highWaterMark: 1024 ** 2 }) },
    partSize: order.partSize,
    queueSize: order.concurrency
  }).done()
)
