using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KvStore.Bench.Load.Paced;

/// <summary>
/// The system's <c>epoll</c>, with time-outs in nanoseconds (<c>epoll_pwait2</c>: Linux 5.11, glibc 2.35). A call costs what has happened; one
/// of <c>poll</c> costs what is watched, and a load that takes a whole core measures itself.
/// </summary>
internal sealed class Epoll : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private const int AddOne = 1;
    private const uint Readable = 1;
    private const int Interrupted = 4;

    // struct epoll_event, an event mask and 64 bits of the caller's, is packed on x64 alone.
    private static readonly int DataAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventBytes = DataAt + 8;

    private readonly SafeFileHandle _queue;
    private readonly byte[] _events;

    /// <param name="events">As many as one wait may bring; the others come with the next one.</param>
    public Epoll(int events)
    {
        _queue = new SafeFileHandle(Create(CloseOnExec), ownsHandle: true);
        if (_queue.IsInvalid)
        {
            throw new Win32Exception();
        }

        _events = new byte[events * EventBytes];
    }

    /// <param name="number">What <see cref="NumberOf"/> says when there is something to read.</param>
    public void Add(int descriptor, int number)
    {
        var wanted = new byte[EventBytes];
        MemoryMarshal.Write(wanted, Readable);
        MemoryMarshal.Write(wanted.AsSpan(DataAt), (long)number);
        if (Control((int)_queue.DangerousGetHandle(), AddOne, descriptor, wanted) != 0)
        {
            throw new Win32Exception();
        }
    }

    /// <returns>How many have something to read. None where the time is over, or a signal came: whoever waits looks at the clock.</returns>
    public int Wait(TimeSpan most)
    {
        var time = new Time { Seconds = (nint)most.TotalSeconds, Nanoseconds = (nint)(most.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick) };
        var happened = Wait((int)_queue.DangerousGetHandle(), _events, _events.Length / EventBytes, in time, 0);
        return happened >= 0 ? happened : Marshal.GetLastPInvokeError() == Interrupted ? 0 : throw new Win32Exception();
    }

    public int NumberOf(int happened) => (int)MemoryMarshal.Read<long>(_events.AsSpan((happened * EventBytes) + DataAt));

    public void Dispose() => _queue.Dispose();

    [DllImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static extern int Create(int flags);

    [DllImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static extern int Control(int queue, int operation, int descriptor, byte[] wanted);

    [DllImport("libc", EntryPoint = "epoll_pwait2", SetLastError = true)]
    private static extern int Wait(int queue, [Out] byte[] events, int count, in Time time, nint signals);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
