using System.Runtime.InteropServices;

namespace KvStore.Node.Ownership;

/// <summary>
/// A monotonic clock that also runs while the machine sleeps (Linux: CLOCK_BOOTTIME). Leases are counted on it: the
/// stopwatch's CLOCK_MONOTONIC stands still in a suspended machine, whose node would wake up believing in leases that others
/// took over long ago. A virtual machine whose clocks all stop in a snapshot is beyond what a process can notice.
/// </summary>
public sealed partial class BootClock : TimeProvider
{
    public static readonly BootClock Instance = new();

    private const int ClockBootTime = 7;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private BootClock()
    {
    }

    public override long TimestampFrequency => OperatingSystem.IsLinux() ? NanosecondsPerSecond : base.TimestampFrequency;

    public override long GetTimestamp()
    {
        if (!OperatingSystem.IsLinux())
        {
            return base.GetTimestamp();
        }

        if (ClockGetTime(ClockBootTime, out var now) != 0)
        {
            throw new InvalidOperationException("clock_gettime(CLOCK_BOOTTIME) failed, so that no lease can be trusted.");
        }

        return (now.Seconds * NanosecondsPerSecond) + now.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [SuppressGCTransition]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
