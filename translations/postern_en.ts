<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_GB">
<context>
    <name>DestinationCheck</name>
    <message>
        <source>This folder does not exist. Choose another one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing can be written into this folder. Choose another one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 are missing on this disk. Free some space or choose another folder.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DisplayText</name>
    <message>
        <source>%1/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>more than a day</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n file(s)</source>
        <translation>
            <numerusform>%n file</numerusform>
            <numerusform>%n files</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n folder(s)</source>
        <translation>
            <numerusform>%n folder</numerusform>
            <numerusform>%n folders</numerusform>
        </translation>
    </message>
    <message>
        <source>Waiting for contact</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preparing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Offered</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sending</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Receiving</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stalled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Verifying</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delivered</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Received</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Declined</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Request sent, no answer yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wants to connect</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Blocked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Key changed: check it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Offline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Online, not receiving</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Online on %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>My devices</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signed out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting to %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Online as %1 on %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reconnecting to %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reconnecting: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 refused to sign in this device</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TransferRow</name>
    <message>
        <source>%1 in %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::AcceptPrompt</name>
    <message>
        <source>Files for you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>wants to send you files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>wants to send you files from “%1”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Show everything</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
        </translation>
    </message>
    <message>
        <source>C&amp;hange…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save into</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Decline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Accept</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n more offer(s) waiting</source>
        <translation>
            <numerusform>%n more offer waiting</numerusform>
            <numerusform>%n more offers waiting</numerusform>
        </translation>
    </message>
    <message>
        <source>Everything in this offer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Show less</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking at the folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 free there</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::AccountFlow</name>
    <message>
        <source>Sign out on this device?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Transfers that are running stop. To sign in again you need your password.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Sign out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your keychain is locked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no keychain to keep this device&apos;s key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You can go on without it: the key is then kept in memory only, and you sign in with your password next time. Nothing is written to disk unprotected.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For this &amp;session only</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::AddContactDialog</name>
    <message>
        <source>Send &amp;request</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a contact</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter the name they use on %1. They are asked, and you can send each other files as soon as they accept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter a name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sending…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::App</name>
    <message numerus="yes">
        <source>Postern: %n transfer(s) running</source>
        <translation>
            <numerusform>Postern: %n transfer running</numerusform>
            <numerusform>Postern: %n transfers running</numerusform>
        </translation>
    </message>
    <message>
        <source>Postern</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::ContactDelegate</name>
    <message>
        <source>Accept the request</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Refuse the request</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::ContactFlow</name>
    <message>
        <source>Remove %1?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You no longer see when they are online, and neither of you can send the other anything.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Block %1?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>They are removed, and no request or offer of theirs reaches you. They are not told.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Block</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign out %1?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>That device can no longer send or receive for you until someone signs in there with your password.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Sign out</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::ContactList</name>
    <message>
        <source>Contacts</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::ContactModel</name>
    <message>
        <source>%1, %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::ContactPage</name>
    <message>
        <source>Send &amp;files…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send files (Ctrl+O)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send f&amp;older…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send a folder (Ctrl+Shift+O)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Safety number</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More about this contact</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>C&amp;lear finished</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Transfers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drop to send to %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 wants to be your contact. Accept only people you know.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Accept</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Refuse</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You blocked %1. Nothing is sent or received, and no request reaches you.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Unblock</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The key of %1 has changed. Nothing is sent or received until you decide whether it is really them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Decide…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 uses a new device.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Look at it…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nobody is online right now. Choose a contact to send something that waits for them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a contact to see what you sent each other.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign in on another computer with this account to send files to yourself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You can send files as soon as %1 accepts your request.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files can be sent once the question above is answered.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is offline. What you send now waits until they are back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send files…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drop files or folders here to send them to %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send files to &amp;device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (offline)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Safety number…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Remove contact…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Block…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What you send and receive will be listed here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Sign out a device</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::DbusNotifier</name>
    <message>
        <source>Show</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Accept</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Decline</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::DesktopNotifier</name>
    <message>
        <source>%1 wants to send you files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::HomePage</name>
    <message>
        <source>Add a contact (Ctrl+N)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings (Ctrl+,)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Postern</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add someone by name to send each other files.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a contact</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n offer(s) wait for your answer.</source>
        <translation>
            <numerusform>%n offer waits for your answer.</numerusform>
            <numerusform>%n offers wait for your answer.</numerusform>
        </translation>
    </message>
    <message>
        <source>Re&amp;view</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::MainWindow</name>
    <message>
        <source>Postern</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seen as %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save received files into</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Quit while %n transfer(s) run?</source>
        <translation>
            <numerusform>Quit while a transfer runs?</numerusform>
            <numerusform>Quit while %n transfers run?</numerusform>
        </translation>
    </message>
    <message>
        <source>They stop now. What can be resumed goes on later from where it was.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Keep running</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::MessageStrip</name>
    <message>
        <source>Close this message</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::OfferTreeModel</name>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::PasswordField</name>
    <message>
        <source>Hide the password (Ctrl+E)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the password (Ctrl+E)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::SafetyNumberDialog</name>
    <message>
        <source>Safety number</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Safety number with %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The key of the device %1 is not the one Postern remembers. That happens when Postern was installed anew there, and also when someone stands between you.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 signed in on a device that you have not met yet: %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compare these digits with the ones %1 sees, over the telephone or side by side. If they are the same, nobody stands between you.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copied</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Trust the new key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Trust this device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Keep blocked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not &amp;now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You verified this contact.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>They are the &amp;same</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::SendFlow</name>
    <message>
        <source>Send a folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a contact first, then paste.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The clipboard holds no files. Copy some in your file manager first.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::SettingsPage</name>
    <message>
        <source>Back (Esc)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Account</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Device name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign &amp;out…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signed in as</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Device name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What your contacts see. A new name is used from the next start.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Receiving</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>C&amp;hange…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When a contact sends something</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ask me each time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Accept from all contacts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Receive nothing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save into</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;When files come</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>any free one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Port</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Test now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not tested yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Port</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>TCP and UDP; another is taken if it is in use. Changes count from the next start.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Testing…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As the system</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Keep running in the tray when the window is closed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>TCP: %1, %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>address unknown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>UDP: blocked on this network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>UDP: %1, %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Listening on port %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From outside</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>reachable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not reachable</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::StatusLine</name>
    <message>
        <source>Sign &amp;in again</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::TransferDelegate</name>
    <message>
        <source>Open the folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::TransferList</name>
    <message>
        <source>Transfers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Open the folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>C&amp;opy the details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Cancel the transfer</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::Tray</name>
    <message>
        <source>&amp;Open Postern</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Postern</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::WelcomePage</name>
    <message>
        <source>Postern</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Welcome to Postern</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send files straight from your computer to theirs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;New account</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>I &amp;have one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>N&amp;ame</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Password</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Invite code (if you were given one)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>host:port, as your server prints it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>what others will call you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Creating your account…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Create account</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signing in…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign &amp;in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter the address of your server.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter a name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a password.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter your password.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
