/** The contract below `/api/v1`, where the vendor serves it. */
import { NunuApi } from "@nunu-effect/core/NunuApi"

export const EmulatedApi = NunuApi.prefix("/api/v1")
