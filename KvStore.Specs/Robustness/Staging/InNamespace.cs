using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>Sockets of this process that live in a network namespace: a socket stays in the one that its thread was in.</summary>
internal static class InNamespace
{
    private const int NetworkNamespace = 0x40000000;

    public static Socket Open(string name, ProtocolType protocol, IPEndPoint bindTo)
    {
        Socket? socket = null;
        Exception? fault = null;

        // A thread of its own, which ends where it went.
        var thread = new Thread(() =>
        {
            try
            {
                using var file = File.OpenHandle($"/var/run/netns/{name}");
                if (SetNamespace((int)file.DangerousGetHandle(), NetworkNamespace) != 0)
                {
                    throw new Win32Exception(Marshal.GetLastPInvokeError());
                }

                socket = new Socket(AddressFamily.InterNetwork, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol);
                socket.Bind(bindTo);
            }
            catch (Exception e)
            {
                fault = e;
            }
        });
        thread.Start();
        thread.Join();
        return fault is null ? socket! : throw new InvalidOperationException($"No socket in {name}", fault);
    }

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static extern int SetNamespace(int file, int kind);
}
