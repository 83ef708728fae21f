using System.ComponentModel;
using System.Runtime.InteropServices;

namespace KvStore.Specs.Support;

/// <summary>Signals to processes that this one started.</summary>
internal static class NodeProcessSignals
{
    public const int Kill = 9;
    public const int Terminate = 15;

    // These two have other numbers on BSD and its children.
    public static readonly int Stop = OperatingSystem.IsMacOS() ? 17 : 19;
    public static readonly int Continue = OperatingSystem.IsMacOS() ? 19 : 18;

    private const int NoSuchProcess = 3;

    /// <summary>Sends it, or gives false where the process is gone.</summary>
    public static bool Send(int processId, int signal)
    {
        // 0 and below name groups of processes, of which this one may be a member.
        ArgumentOutOfRangeException.ThrowIfLessThan(processId, 2);
        if (SendSignal(processId, signal) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == NoSuchProcess ? false : throw new Win32Exception(error, $"Signal {signal} to process {processId}");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int processId, int signal);
}
