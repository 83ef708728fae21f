using System.Runtime.InteropServices;

namespace KvStore.Bench.Load.Paced;

/// <summary>The system's <c>pollfd</c>, and the call that waits for many of them with a time-out in nanoseconds.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    public const short Readable = 1;

    public int File;
    public short Events;
    public short Happened;

    public static void Wait(PollDescriptor[] descriptors, TimeSpan most)
    {
        var time = new Time { Seconds = (nint)most.TotalSeconds, Nanoseconds = (nint)(most.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick) };
        // An interrupted wait is one that ended early: whoever waits looks at the clock.
        _ = Poll(descriptors, (nuint)descriptors.Length, in time, 0);
    }

    [DllImport("libc", EntryPoint = "ppoll")]
    private static extern int Poll([In, Out] PollDescriptor[] descriptors, nuint count, in Time timeout, nint signals);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
