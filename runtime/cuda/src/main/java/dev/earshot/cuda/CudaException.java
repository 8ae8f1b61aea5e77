package dev.earshot.cuda;

/**
 * A call of the CUDA driver or of one of its libraries failed. The message names the call, the status with its number and
 * the sizes involved. After a status that leaves the device unusable (an illegal address, a lost device) every later call
 * on it fails with that first error as cause.
 */
public final class CudaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    /** With the complete message and the number of the status. */
    public CudaException(String message, int status) {
        super(message);
        this.status = status;
    }

    /** As the other form, caused by the error that made the device unusable. */
    public CudaException(String message, CudaException first) {
        super(message, first);
        this.status = first.status;
    }

    /** Number of the driver's or the library's status. */
    public int status() {
        return status;
    }
}
